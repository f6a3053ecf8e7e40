// The contract of the user's page, for programs that use it wrongly.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pando/contract.hpp>

struct CreateUser {
  std::string email;
  std::string password;
};
struct UserId {
  std::int64_t id;
};
struct User {
  std::int64_t id;
  std::string email;
};
struct ImportUsers {
  std::vector<std::string> lines;
};
struct EmailTaken {
  static constexpr int http_status = 409;
  std::string email;
};

struct Users
    : pando::controller<
          "user",
          pando::route<"create", User(CreateUser), pando::http::post<"/">, pando::cli::command<>,
                       pando::raises<EmailTaken>>,
          pando::route<"show", User(UserId), pando::http::get<"/{id}">, pando::cli::command<>>,
          pando::route<"list", std::vector<User>(), pando::http::get<"/">>,
          pando::route<"import", pando::stream<User>(ImportUsers), pando::http::post<"/import">>> {
};

struct UserStore {
  std::vector<User> users;
};
