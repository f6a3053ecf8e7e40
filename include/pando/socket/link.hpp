// A program's connection to a running app, over its Unix socket.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/client.hpp>
#include <pando/handler/entity_relay.hpp>
#include <pando/handler/io.hpp>
#include <pando/handler/task.hpp>
#include <pando/link/limits.hpp>
#include <pando/link/text_options.hpp>
#include <pando/runtime/log.hpp>
#include <pando/runtime/text_call.hpp>

namespace pando::socket {

/// Answers a question, now or later, by calling `then` once on the link's executor.
using prompt_function =
    std::function<void(io_question const& question, std::function<void(io_answer)> then)>;

namespace detail {
class reconnecting_channel;
}

/// A connection to an app. Copies are the same connection; it ends when the last of them and of the
/// clients made from it are gone, or by `close`. When the app has ended or was replaced, the next
/// call connects again; a call that was sent and not answered is never sent twice. *Thread*: the
/// executor it was made with; calls are made from coroutines that run there.
class link {
 public:
  explicit link(std::shared_ptr<detail::reconnecting_channel> over);

  /// The typed client of a contract. With the first call both sides compare their versions of it.
  template <class Contract>
  pando::client<Contract> client() const {
    if constexpr (controller_type<Contract>) know(contract_table<Contract>);
    return pando::client<Contract>(carrier());
  }

  /// The typed client of one instance of an entity that the app has.
  /// *Throws* std::invalid_argument for an id that is empty or longer than 512 octets.
  template <entity_type Contract>
  pando::client<Contract> client(std::string_view id) const {
    know(contract_table<exposed<Contract>>);
    return entity_client<Contract>(carrier(), id);
  }

  /// Calls a route without its contract: "user create" or "user.create", its request and its result
  /// as JSON texts. Of a stream it gives a list of the items. Cancelling the task cancels the call.
  /// *Throws* a `failure`, or `declared_error`.
  PANDO_LAZY task<std::string> invoke(std::string_view route, std::string_view json = {}) const;
  /// The same with each item of a stream as it comes; gives "null" for these.
  PANDO_LAZY task<std::string> invoke(std::string_view route, std::string_view json,
                                      std::function<void(std::string_view)> on_item) const;
  /// The same without a coroutine, for whoever shows and asks by a sink of their own.
  std::shared_ptr<text_call> start(std::string_view route, std::string_view json,
                                   text_listener& listener,
                                   link_text_options options = {}) const;

  /// What the app says of itself, as JSON text.
  PANDO_LAZY task<std::string> describe() const;
  /// How long the other side takes to say that it is there.
  PANDO_LAZY task<std::chrono::nanoseconds> ping() const;

  /// What handlers log, and their tables as JSON text.
  void on_stdout(std::function<void(std::string_view)> print) const;
  /// What handlers say of trouble.
  void on_stderr(std::function<void(std::string_view)> warn) const;
  /// How far a handler is: how much is done, of what total (0: unknown), and of what.
  void on_progress(std::function<void(std::uint64_t, std::uint64_t, std::string_view)> show) const;
  /// Answers what handlers ask: a function of the question that gives an `io_answer` or a text, or
  /// a `prompt_function`. Without one every question is `cancelled`.
  template <class Function>
  void on_prompt(Function ask) const {
    if constexpr (std::is_invocable_v<Function&, io_question const&,
                                      std::function<void(io_answer)>>)
      set_prompt(prompt_function(std::move(ask)));
    else
      set_prompt([ask = std::move(ask)](io_question const& question,
                                        std::function<void(io_answer)> then) mutable {
        using given = std::invoke_result_t<Function&, io_question const&>;
        if constexpr (std::is_same_v<given, io_answer>)
          then(ask(question));
        else
          then(io_answer{false, std::string(ask(question)), {}});
      });
  }
  /// Everything that handlers show and ask, in place of the functions above.
  void shows_to(std::shared_ptr<io_sink> sink) const;

  /// Says goodbye and waits for the end. What is in flight ends in `disconnected`, every call after
  /// it in `not_running`.
  PANDO_LAZY task<void> close() const;
  /// Whether it is connected now.
  bool is_open() const noexcept;
  boost::asio::any_io_executor executor() const;

 private:
  class functions;
  void set_prompt(prompt_function ask) const;
  void know(contract_row const& contract) const;
  std::shared_ptr<channel> carrier() const;

  std::shared_ptr<detail::reconnecting_channel> channel_;
  std::shared_ptr<functions> functions_;
};

struct connect_options {
  link_limits limits{};
  std::chrono::milliseconds within{5'000}; ///< for the app to answer
  log const* events = nullptr;             ///< outlives the link; null: nothing is logged
};

/// As `pando::connect`.
PANDO_LAZY task<link> connect(boost::asio::any_io_executor executor, std::string_view name_or_path,
                              connect_options options);

} // namespace pando::socket

namespace pando {

/// Connects to a running app of this user, by its name or by the path of its socket (with a `/`).
/// *Throws* `not_running` when nobody answers there, `forbidden` when somebody else does.
/// *Thread*: `executor` is run by one thread, which is the link's.
PANDO_LAZY task<socket::link> connect(boost::asio::any_io_executor executor,
                                      std::string_view name_or_path);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/socket/impl/link.ipp>
#endif
