// What the shop offers: types only, shared by the server, its clients and its tests.
#pragma once

#include <pando/contract.hpp>

struct CreateUser {
  pando::checked<std::string, pando::is::email> email;
  pando::checked<std::string, pando::is::min_length<8>> password;
};
struct UserId {
  std::int64_t id;
};
struct ImportUsers {
  std::vector<std::string> lines;
};
struct User {
  std::int64_t id;
  std::string email;
};
struct EmailTaken {
  static constexpr int http_status = 409;
  std::string email;
};
struct NoSuchUser {
  static constexpr int http_status = 404;
  std::int64_t id;
};

struct Users
    : pando::controller<
          "user",
          pando::route<"create", User(CreateUser), pando::http::post<"/">, pando::http::created,
                       pando::cli::command<>, pando::raises<EmailTaken>>,
          pando::route<"show", User(UserId), pando::http::get<"/{id}">,
                       pando::cli::command<"show", pando::cli::positional<"id">>,
                       pando::raises<NoSuchUser>>,
          pando::route<"remove", void(UserId), pando::http::del<"/{id}">,
                       pando::cli::command<"rm", pando::cli::positional<"id">>,
                       pando::raises<NoSuchUser>>,
          pando::route<"list", std::vector<User>(), pando::http::get<"/">, pando::cli::command<>>,
          pando::route<"import", pando::stream<User>(ImportUsers), pando::http::post<"/import">,
                       pando::cli::command<>, pando::raises<EmailTaken>>> {};
