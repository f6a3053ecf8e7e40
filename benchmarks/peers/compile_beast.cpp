// The hello server by hand, with Boost.Beast and Boost.JSON: what compile_time.py compiles beside
// Pando's. One route, GET /hello/{name}, over coroutines as in Beast's examples.
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

struct greeting {
  std::string text;
};

void tag_invoke(boost::json::value_from_tag, boost::json::value& value, greeting const& from) {
  value = {{"text", from.text}};
}

http::response<http::string_body> answer(http::request<http::string_body> const& request) {
  constexpr std::string_view prefix = "/hello/";
  http::response<http::string_body> response(http::status::ok, request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, "application/json");
  std::string_view const target(request.target().data(), request.target().size());
  if (request.method() == http::verb::get && target.starts_with(prefix)) {
    greeting const result{"hello " + std::string(target.substr(prefix.size()))};
    response.body() = boost::json::serialize(boost::json::value_from(result));
  } else {
    response.result(http::status::not_found);
  }
  response.prepare_payload();
  return response;
}

asio::awaitable<void> serve(tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer read;
  try {
    for (;;) {
      http::request<http::string_body> request;
      co_await http::async_read(stream, read, request, asio::use_awaitable);
      auto response = answer(request);
      bool const goes_on = response.keep_alive();
      co_await http::async_write(stream, response, asio::use_awaitable);
      if (!goes_on) break;
    }
  } catch (boost::system::system_error const&) {
  }
}

asio::awaitable<void> listen() {
  tcp::acceptor acceptor(co_await asio::this_coro::executor, {tcp::v4(), 3000});
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

int main() {
  asio::io_context loop(1);
  asio::co_spawn(loop, listen(), asio::detached);
  loop.run();
}
