// What a frame client is made of: its contracts, its text calls, and its end of the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pando/link/frame_client.hpp>
#include <pando/meta/sequence.hpp>

namespace pando {

/// The connection's view of the client, which may be gone before it.
struct frame_client::user final : connection_user {
  frame_client* client = nullptr;

  std::size_t received(std::string_view bytes) override {
    if (client == nullptr) return bytes.size();
    auto const keep = client->shared_from_this();
    return client->received(bytes);
  }
  /// What it is sent are answers, which make nothing more to send.
  bool reads_while_slow() const override { return true; }
  void ended(std::string_view why) override {
    if (client == nullptr) return;
    auto const keep = client->shared_from_this();
    client->ended(why);
  }
};

/// Routes that are opened together.
struct frame_client::contract {
  enum class state : std::uint8_t { unopened, opening, open, refused };
  std::string_view controller;
  std::span<route_row const> routes;
  std::uint32_t number;
  state is = state::unopened;
  detail::frame_form form = detail::frame_form::positional;
  std::size_t first = 0; ///< what the other side calls its first route
  std::string why{};     ///< it was refused
  pando::detail::sequence<held> waiting{};
};

/// A call between JSON texts.
struct frame_client::text_entry final : text_call,
                                        std::enable_shared_from_this<frame_client::text_entry> {
  static constexpr std::size_t window = 64;

  std::weak_ptr<frame_client> client{};
  text_listener* listener = nullptr;
  text_options options{};
  std::string door{};
  std::string route{}; ///< empty: the app's description
  std::string json{};
  std::uint32_t id = 0;
  std::size_t taken = 0;
  bool is_sent = false;
  bool is_cancelled = false;

  PANDO_INLINE void cancel() override;
  void done(std::string text, std::exception_ptr error) {
    if (auto* const told = std::exchange(listener, nullptr))
      told->done(std::move(text), std::move(error));
  }
};

} // namespace pando
