// What all connections of an HTTP client share: where the app is, and the client's options.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include <pando/http/detail/client_tls.hpp>
#include <pando/http/detail/client_url.hpp>

namespace pando::http::detail {

/// Made with the client and never changed. *Thread*: any, it is only read.
struct client_settings {
  boost::asio::any_io_executor loop;
  client_url url;
  std::shared_ptr<client_tls> tls; ///< null: none
  std::function<int()> dial{};     ///< makes connections; empty: over TCP, to the URL
  std::string headers;             ///< `Name: value\r\n` for each that goes with every call
  std::size_t max_connections = 0;
  std::size_t max_waiting = 0;
  std::size_t max_response_bytes = 0;
  std::chrono::milliseconds idle_time{};
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds timeout{};
};

} // namespace pando::http::detail
