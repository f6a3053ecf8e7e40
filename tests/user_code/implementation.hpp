// Section 2 of the user's page as it stands, with a store for it.
#pragma once

#include <pando/pando.hpp>

#include "contract.hpp"

class UserStore {
 public:
  explicit UserStore(std::string path) : path_(std::move(path)) {}
  bool knows(std::string const& email) const {
    for (auto const& user : users_)
      if (user.email == email) return true;
    return false;
  }
  User add(std::string const& email, std::string const&) {
    users_.push_back({static_cast<std::int64_t>(users_.size()) + 1, email});
    return users_.back();
  }
  pando::task<User> find(std::int64_t id) const {
    for (auto const& user : users_)
      if (user.id == id) co_return user;
    throw NoSuchUser{id};
  }
  std::vector<User> all() const { return users_; }

 private:
  std::string path_;
  std::vector<User> users_;
};

inline auto users = pando::implement<Users>(
    pando::on<"create"> = [](CreateUser in, UserStore& store) -> User {        // plain function: fine
      if (store.knows(in.email)) throw EmailTaken{in.email};
      return store.add(in.email, in.password);
    },
    pando::on<"show">   = [](UserId in, UserStore& store) -> pando::task<User> {  // coroutine: fine
      co_return co_await store.find(in.id);
    },
    pando::on<"list">   = [](UserStore& store) { return store.all(); },
    pando::on<"import"> = [](ImportUsers in, UserStore& store, pando::io& io) -> pando::stream<User> {
      for (int i = 0; auto const& line : in.lines) {
        io.progress(++i, in.lines.size());
        User added = store.add(line, "");
        co_yield added;
      }
    });
