// The shop's service: users in memory, one lock around them.
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "contract.hpp"

/// Services are called concurrently when the app has more than one thread, hence the lock.
class UserStore {
 public:
  bool knows(std::string const& email) const {
    std::lock_guard const lock(mutex_);
    return std::any_of(users_.begin(), users_.end(),
                       [&](User const& user) { return user.email == email; });
  }
  User add(std::string const& email) {
    std::lock_guard const lock(mutex_);
    return users_.emplace_back(User{++last_id_, email});
  }
  std::optional<User> find(std::int64_t id) const {
    std::lock_guard const lock(mutex_);
    for (auto const& user : users_)
      if (user.id == id) return user;
    return std::nullopt;
  }
  bool remove(std::int64_t id) {
    std::lock_guard const lock(mutex_);
    return std::erase_if(users_, [id](User const& user) { return user.id == id; }) != 0;
  }
  std::vector<User> all() const {
    std::lock_guard const lock(mutex_);
    return users_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<User> users_;
  std::int64_t last_id_ = 0;
};
