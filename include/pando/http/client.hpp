// The typed HTTP client: the calls of a contract over pooled HTTP/1.1 connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/client.hpp>
#include <pando/http/headers.hpp>

namespace pando::http {

/// How a client behaves. Texts are copied when the client is made.
struct client_options {
  std::string_view authorization{};  ///< sent as `Authorization` with every call
  std::span<header const> headers{}; ///< sent with every call; none of those that frame a request
  std::string_view ca_file{};        ///< https: certificates (PEM) trusted beside the system's
  std::size_t max_connections = 64;  ///< open at once; further calls wait for one
  std::size_t max_waiting = 4096;    ///< calls that wait; further ones fail as `overloaded`
  std::chrono::milliseconds idle_time = std::chrono::seconds(30);
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5); ///< name, TCP and TLS
  std::chrono::milliseconds timeout{0}; ///< for calls without `within`; none when 0
  std::size_t max_response_bytes = std::size_t{16} << 20; ///< a body, or one event of a stream
};

/// What carries calls to the app at `url`, `http://host:port/base`. Every call is the request that
/// the first HTTP marker of its route says, below `/base/controller`. Connections are kept for the
/// next call; one that has been idle longer than `idle_time` is closed when the client is used
/// next, so that an idle client keeps no loop running. A call whose kept connection turns out to be
/// closed is sent once more, on a new one, when that is safe: nothing had been sent, or the method
/// is idempotent. Otherwise it ends as `disconnected`. Failures: `not_running` (no connection),
/// `incompatible` (the answer is none of this contract's), `too_large`, `overloaded`, and what the
/// app itself tells.
/// *Throws* std::invalid_argument for a URL, header or file that cannot be used, and for https in a
/// program without TLS. *Thread*: connections live on `executor`, which runs on one thread or is a
/// strand and outlives the client; calls may be made on any executor and end there.
std::shared_ptr<channel> make_client_channel(boost::asio::any_io_executor executor,
                                             std::string_view url,
                                             client_options const& options = {});

/// The same over connections that `dial` makes: each time it gives a connected stream socket, which
/// is closed here, or -1. The URL is then only what requests and sentences say. *Thread*: `dial` is
/// called on the loop.
std::shared_ptr<channel> make_client_channel(boost::asio::any_io_executor executor,
                                             std::string_view url, client_options const& options,
                                             std::function<int()> dial);

/// The calls of `Contract` on the app at `url`; see `make_client_channel`.
template <class Contract>
pando::client<Contract> client(boost::asio::any_io_executor executor, std::string_view url,
                               client_options const& options = {}) {
  return pando::client<Contract>(make_client_channel(std::move(executor), url, options));
}

} // namespace pando::http

#ifdef PANDO_HEADER_ONLY
#include <pando/http/impl/client.ipp>
#endif
