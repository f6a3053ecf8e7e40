// Section 1 of the user's page as it stands; what it leaves out is filled in.
#pragma once

#include <pando/contract.hpp>

struct CreateUser { std::string email; std::string password; };      // plain aggregates: no macro, no base
struct UserId     { std::int64_t id; };
struct User       { std::int64_t id; std::string email; };
struct ImportUsers { std::vector<std::string> lines; };
struct EmailTaken { static constexpr int http_status = 409; std::string email; };
struct NoSuchUser { static constexpr int http_status = 404; std::int64_t id; };

struct Users : pando::controller<"user",
    pando::route<"create", User(CreateUser),    pando::http::post<"/">,    pando::cli::command<>, pando::raises<EmailTaken>>,
    pando::route<"show",   User(UserId),        pando::http::get<"/{id}">, pando::cli::command<>, pando::raises<NoSuchUser>>,
    pando::route<"list",   std::vector<User>(), pando::http::get<"/">,     pando::cli::command<>>,
    pando::route<"import", pando::stream<User>(ImportUsers), pando::http::post<"/import">, pando::cli::command<>>> {};
