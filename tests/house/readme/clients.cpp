// README: typed clients of its first program.
#include <chrono>
#include <iostream>
#include <optional>

#include <pando/http.hpp>
#include <pando/pando.hpp>

#include "contract.hpp"

using namespace std::chrono_literals;

// Made for the app of README's main.cpp: clients need what it implements, and nothing else of it.
inline auto users = pando::implement<Users>(
    pando::on<"create"> = [](CreateUser in) { return User{1, in.email}; },
    pando::on<"show"> = [](UserId in) { return User{in.id, {}}; },
    pando::on<"list"> = [] { return std::vector<User>(); },
    pando::on<"import"> = [](ImportUsers) -> pando::stream<User> { co_return; });

pando::task<void> use(boost::asio::any_io_executor executor) {
  auto app = pando::app(users);
#include "block.1"
#include "block.2"
}
