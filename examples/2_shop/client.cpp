// The shop's typed clients: the same calls over HTTP and over the Unix socket.
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <pando/http.hpp>
#include <pando/socket.hpp>

#include "contract.hpp"

pando::task<void> drive(pando::client<Users> api, std::string_view over) {
  std::string email = "ada@" + std::string(over) + ".example";
  CreateUser in{.email = email, .password = "correct horse"};
  User user = co_await api.call<"create">(in);
  std::cout << over << ": created " << user.id << ' ' << user.email << '\n';
  try {
    co_await api.call<"create">(in);
  } catch (EmailTaken const& taken) {
    std::cout << over << ": " << taken.email << " is taken\n";
  }
  auto shown = co_await api.attempt().call<"show">(99'999);
  std::cout << over << ": user 99999 is " << (shown ? "there" : "not there") << '\n';
  ImportUsers lines;
  for (std::string_view name : {"bob@", "eve@"})
    lines.lines.push_back(std::string(name) + std::string(over) + ".example");
  auto imported = api.stream<"import">(lines);
  while (std::optional<User> next = co_await imported.next())
    std::cout << over << ": imported " << next->email << '\n';
}

pando::task<void> run(std::string url) {
  auto const executor = co_await boost::asio::this_coro::executor;
  co_await drive(pando::http::client<Users>(executor, url), "http");
  auto link = co_await pando::connect(executor, "shop");
  co_await drive(link.client<Users>(), "socket");
  co_await link.close();
}

int main(int argc, char** argv) {
  boost::asio::io_context io;
  std::string const url = argc > 1 ? argv[1] : "http://localhost:3000";
  int status = 0;
  boost::asio::co_spawn(io, run(url), [&](std::exception_ptr failed) {
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (std::exception const& error) {
      std::cerr << "client: " << error.what() << '\n';
      status = 1;
    }
  });
  io.run();
  return status;
}
