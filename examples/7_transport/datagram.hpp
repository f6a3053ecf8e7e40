// A transport made outside the library: calls as UDP datagrams, "TOPIC JSON", each answered by one.
// What a transport needs is here in full: a marker for contracts, and a class that serves it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pando/app/transport.hpp>
#include <pando/contract.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/runtime/text_call.hpp>

namespace datagram {

struct row {
  std::string_view topic;
};

/// The route answers datagrams of that topic. One topic twice in an app does not compile.
template <pando::fixed_string Topic>
struct topic {
  static constexpr row data{Topic.view()};
  static constexpr pando::marker_row pando_marker(std::string_view, std::string_view) {
    std::uint64_t place = 1;
    for (char const c : Topic.view()) place = place * 131 + static_cast<unsigned char>(c);
    return {"datagram", "topic", &data, place};
  }
};

/// Answers on one port of the loopback: "ok RESULT", "error NAME VALUE" or "failed SENTENCE".
class transport {
 public:
  static constexpr std::string_view door = "datagram"; // what the markers say

  explicit transport(std::uint16_t port) : port_(port) {} // 0: the kernel chooses

  pando::task<void> serve(pando::transport_context const& context) {
    state_ = std::make_shared<state>(context, port_);
    boost::asio::co_spawn(context.executor, receive(state_), boost::asio::detached);
    co_return;
  }
  pando::task<void> stop() {
    state_->is_stopping = true;
    state_->socket.cancel();
    boost::asio::steady_timer timer(state_->context.executor);
    while (state_->in_flight != 0) { // what was accepted is answered
      timer.expires_after(std::chrono::milliseconds(2));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    state_->socket.close();
  }
  std::string describe() const {
    auto const port = state_ == nullptr ? port_ : state_->socket.local_endpoint().port();
    return "datagrams to 127.0.0.1:" + std::to_string(port);
  }

 private:
  using udp = boost::asio::ip::udp;

  struct state {
    state(pando::transport_context const& of, std::uint16_t port)
        : context(of), socket(of.executor, {boost::asio::ip::address_v4::loopback(), port}) {
      for (auto const& route : of.routes.all())
        for (auto const& marker : route.row->markers)
          if (marker.door == door) topics[static_cast<row const*>(marker.data)->topic] = &route;
    }
    pando::transport_context const context;
    udp::socket socket;
    std::map<std::string_view, pando::served_route const*> topics;
    int in_flight = 0;
    bool is_stopping = false;
  };

  /// The end of one call.
  struct listener final : pando::text_listener {
    explicit listener(boost::asio::any_io_executor home) : event(std::move(home)) {}
    void item(std::string_view json) override { (answer += ' ') += json; }
    void done(std::string json, std::exception_ptr failed) override {
      if (!failed) answer = answer.empty() ? "ok " + json : "ok" + answer;
      else try {
        std::rethrow_exception(failed);
      } catch (pando::declared_error const& error) {
        answer = "error " + error.name() + " " + error.json();
      } catch (std::exception const& error) {
        answer = std::string("failed ") + error.what();
      }
      event.fire();
    }
    std::string answer{};
    pando::one_shot event;
  };

  static pando::task<void> receive(std::shared_ptr<state> here) {
    char room[65536];
    udp::endpoint from;
    boost::system::error_code error;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, error);
    while (!here->is_stopping) {
      auto const size =
          co_await here->socket.async_receive_from(boost::asio::buffer(room), from, token);
      if (error == boost::asio::error::operation_aborted) break;
      if (error) continue; // an answer before could not be delivered
      std::string message(room, size);
      ++here->in_flight;
      boost::asio::co_spawn(here->context.executor, answer(here, std::move(message), from),
                            boost::asio::detached);
    }
  }

  static pando::task<void> answer(std::shared_ptr<state> here, std::string message,
                                  udp::endpoint from) {
    while (!message.empty() && message.back() == '\n') message.pop_back();
    auto const space = message.find(' ');
    auto const topic = std::string_view(message).substr(0, space);
    auto const found = here->topics.find(topic);
    listener waits(here->context.executor);
    if (found == here->topics.end()) {
      waits.answer = "failed nothing answers to " + std::string(topic);
    } else {
      auto const json = space == message.npos ? std::string_view{}
                                              : std::string_view(message).substr(space + 1);
      auto const call = pando::start_text_call(*found->second, json, here->context.executor,
                                               here->context.app, waits,
                                               {.transport = door, .door = door});
      if (!waits.event.has_fired()) co_await waits.event.wait();
    }
    --here->in_flight;
    boost::system::error_code ignored;
    here->socket.send_to(boost::asio::buffer(waits.answer), from, 0, ignored);
  }

  std::uint16_t port_;
  std::shared_ptr<state> state_;
};

} // namespace datagram
