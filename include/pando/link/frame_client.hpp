// The calling end of the binary protocol: a channel, and calls by name with JSON texts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/io.hpp>
#include <pando/link/deadline_watch.hpp>
#include <pando/link/detail/frame_form.hpp>
#include <pando/link/frames.hpp>
#include <pando/link/heartbeat.hpp>
#include <pando/link/stream_connection.hpp>
#include <pando/link/text_options.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/runtime/text_call.hpp>

namespace pando {

/// Many calls at once over one connection. A contract is opened when the first of its routes is
/// called: both sides compare what they were built from, and calls wait meanwhile.
/// *Thread*: the connection's executor, which is also the `home` of its operations.
class frame_client final : public channel,
                           public std::enable_shared_from_this<frame_client>,
                           private deadline_user,
                           private heartbeat_user {
 public:
  /// Takes a connected socket. `greeted` is called once: when the other side has said hello, or
  /// with what went wrong.
  static std::shared_ptr<frame_client> make(stream_connection::socket_type socket,
                                            link_limits const& limits, log const& events,
                                            std::string peer,
                                            std::function<void(std::exception_ptr)> greeted);
  /// Takes a connection over from its user, from inside that one's `received`.
  static std::shared_ptr<frame_client> make(std::shared_ptr<stream_connection> connection,
                                            std::function<void(std::exception_ptr)> greeted);
  PANDO_INLINE ~frame_client() override;

  PANDO_INLINE void start(operation& call) override;
  PANDO_INLINE void cancel(operation& call) override;
  PANDO_INLINE void start_stream(stream_operation& call) override;
  PANDO_INLINE void grant(stream_operation& call, std::size_t count) override;
  /// For who takes it back when it is never sent, and is told `until` again then.
  void start_for(operation& call, stream_operation* stream, std::size_t credit,
                 std::chrono::steady_clock::time_point until);

  /// Says which contract its routes belong to; without it a route is compared by itself.
  void know(contract_row const& contract);
  /// Has what is called from now on be JSON in both directions, where the other side can.
  void speak(detail::json_codec const& json) noexcept { json_ = &json; }

  using text_options = link_text_options;
  /// Calls a route by its full name; no route means the app's description. The listener outlives
  /// its `done`, and so does the sink. A stream is read as fast as the listener takes its items.
  std::shared_ptr<text_call> start_text_call(std::string_view route, std::string_view json,
                                             text_listener& listener, text_options options);
  /// Calls `answered` when the other side does, or with what went wrong.
  void ping(std::function<void(std::exception_ptr)> answered);

  /// Where what handlers show and ask goes, but for text calls with a sink of their own.
  void shows_to(std::shared_ptr<io_sink> sink) { sink_ = std::move(sink); }

  using time_point = std::chrono::steady_clock::time_point;
  /// Who gets the calls that were never sent when the connection ends, with the credit of streams
  /// and what `start_for` was told, in place of their failure. It may start them elsewhere.
  using unsent_function =
      std::function<void(operation&, stream_operation*, std::size_t credit, time_point until)>;
  void gives_back(unsent_function unsent) { unsent_ = std::move(unsent); }

  /// Ends the connection: what is in flight ends in `disconnected`.
  void close();
  /// The same at once, for that reason.
  void give_up(std::string_view why) { connection_->close(why); }
  /// Calls `done` when the connection has ended.
  void on_closed(std::function<void()> done);
  bool is_open() const noexcept { return connection_->is_open() && is_greeted_; }
  bool has_ended() const noexcept { return !connection_->is_open(); }
  /// Whether new calls would be sent: not once either side has said goodbye.
  bool takes_calls() const noexcept { return !connection_->is_closing() && !is_leaving_; }
  boost::asio::any_io_executor executor() const { return connection_->executor(); }

 private:
  struct user;
  struct contract;
  struct known_route {
    contract* of = nullptr;
    std::size_t index = 0; ///< in its contract
  };
  struct text_entry;
  /// A call that cannot be sent yet.
  struct held {
    operation* call;
    stream_operation* stream;
    std::size_t credit = 0;
    std::chrono::steady_clock::time_point until{}; ///< for who takes it back
  };
  /// What is in flight under a place: one of these, or nothing any more while its end is awaited.
  struct entry {
    operation* call = nullptr;
    stream_operation* stream = nullptr; ///< the same, when it is one
    std::shared_ptr<text_entry> text{};
    bool is_used = false;
    detail::frame_form form = detail::frame_form::positional;
    std::uint16_t generation = 0;
  };

  frame_client(std::shared_ptr<stream_connection> connection,
               std::function<void(std::exception_ptr)> greeted);
  detail::owner<connection_user> make_user();
  void say_hello();
  std::size_t received(std::string_view bytes);
  /// These give false when the other side broke the protocol, and have closed the connection.
  bool greet(std::string_view& bytes);
  bool handle(frames::header const& head, std::string_view payload);
  bool hello(std::string_view payload);
  bool end_call(frames::header const& head, std::string_view payload);
  bool end_text(text_entry& text, frames::header const& head, std::string_view payload);
  bool item(frames::header const& head, std::string_view payload);
  bool opened(frames::header const& head, std::string_view payload);
  bool refused(frames::header const& head, std::string_view payload);
  bool show(frames::header const& head, std::string_view payload);
  bool ask(frames::header const& head, std::string_view payload);
  bool pong(frames::header const& head);
  void ended(std::string_view why);
  bool broken(std::string why);

  known_route find_route(route_row const& row);
  contract& add_contract(std::string_view controller, std::span<route_row const> routes);
  void open(contract& which);
  void send_shapes(contract& which);
  void begin(held waiting);
  void send(held waiting, known_route route);
  void send_text(std::shared_ptr<text_entry> const& text);
  bool take_place(std::uint32_t& id);
  void free_place(std::uint32_t id);
  void send_held();
  void leave();
  void say_goodbye();
  entry* find(std::uint32_t id) noexcept;
  void send_cancel(std::uint32_t id);
  void append_deadline(std::chrono::steady_clock::time_point deadline);
  void watch(std::chrono::steady_clock::time_point deadline);
  PANDO_INLINE void ask_for_life() override;
  PANDO_INLINE time_point expire(time_point now) override;
  void finish(operation& call, std::exception_ptr why);
  std::exception_ptr why_not() const;
  bool read(detail::frame_form form, std::string_view payload, schema::type const& type,
            void* into, violations& faults) const;
  void write(detail::frame_form form, schema::type const& type, void const* value) const;
  void read_raised(operation& call, std::string_view payload, detail::frame_form form) const;
  void end_all(std::string_view why);
  std::optional<held> take_held(operation& call);

  std::shared_ptr<stream_connection> connection_;
  detail::json_codec const* json_ = nullptr;
  user* user_ = nullptr;
  std::function<void(std::exception_ptr)> greeted_;
  pando::detail::sequence<std::function<void()>> on_closed_;
  unsent_function unsent_;
  std::shared_ptr<io_sink> sink_;
  std::deque<contract> contracts_;
  std::unordered_map<route_row const*, known_route> routes_;
  route_row const* last_row_ = nullptr; ///< of the call before: mostly the next one's too
  known_route last_route_{};
  pando::detail::sequence<entry> entries_;      ///< by the low 16 bits of their ids
  pando::detail::sequence<std::uint16_t> free_; ///< places that were used and are free
  std::deque<held> held_;           ///< for a place
  std::deque<std::shared_ptr<text_entry>> held_texts_;
  std::unordered_map<std::uint32_t, std::function<void(std::exception_ptr)>> pings_;
  std::uint32_t pinged_ = 0;
  detail::owner<deadline_watch> deadlines_; ///< once a call has one
  detail::owner<heartbeat> heartbeat_;      ///< where the limits have one
  std::size_t their_max_frame_ = 0;
  std::size_t their_max_calls_ = 0;
  std::string goodbye_;
  bool is_greeted_ = false;
  bool is_leaving_ = false; ///< the other side takes no more calls but those made before it said so
  bool said_goodbye_ = false;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/frame_client.ipp>
#include <pando/link/impl/frame_client_read.ipp>
#endif
