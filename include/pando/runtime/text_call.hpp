// Calls whose request and answer are JSON text, in this program: `invoke`, and commands run here.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/io.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando {

/// Who waits for a text call. *Thread*: the call's executor.
class text_listener {
 public:
  virtual ~text_listener() = default;
  /// One item of a stream, in order.
  virtual void item(std::string_view json) = 0;
  /// The end of it, once: null or what it ended in (a `declared_error` or a `failure`). `json` is
  /// the result, "null" for void, empty for streams.
  virtual void done(std::string json, std::exception_ptr error) = 0;
};

/// A text call in flight.
class text_call {
 public:
  virtual ~text_call() = default;
  /// Cancels it; `done` still comes.
  virtual void cancel() = 0;
};

/// Collects what a text call gives, for a coroutine. It lives until `done`, even when whoever
/// waited is gone.
class text_collector final : public text_listener {
 public:
  using item_function = std::function<void(std::string_view)>;
  /// `home` is the executor of the call and of who waits.
  static std::shared_ptr<text_collector> make(boost::asio::any_io_executor home,
                                              item_function on_item = {});
  PANDO_INLINE void item(std::string_view json) override;
  PANDO_INLINE void done(std::string json, std::exception_ptr error) override;
  /// Waits for the end of `call`, which tells `self`. Gives the result; of a stream a list of its
  /// items, or "null" when each went to `on_item`. Cancelling the task cancels the call. *Throws*
  /// what the call ended in.
  PANDO_LAZY static task<std::string> result(std::shared_ptr<text_collector> self,
                                             std::shared_ptr<text_call> call);

 private:
  text_collector(boost::asio::any_io_executor home, item_function on_item)
      : ended_(std::move(home)), on_item_(std::move(on_item)) {}

  one_shot ended_;
  item_function on_item_;
  std::string items_;
  std::string result_;
  std::shared_ptr<text_collector> self_;
};

/// How a text call is made.
struct text_call_options {
  std::string_view transport = "in-process"; ///< static text
  std::string_view door = "in-process";      ///< which handler, where a route has several
  io_sink* sink = nullptr;                   ///< null: log lines go to the app's log
  /// What the handler is told; whoever started the call ends it then.
  std::optional<std::chrono::steady_clock::time_point> deadline{};
};

/// Starts a call of `route`; an empty request is `{}`. The listener outlives `done`.
/// `request` is read before this returns.
std::shared_ptr<text_call> start_text_call(served_route const& route, std::string_view request,
                                           boost::asio::any_io_executor executor,
                                           door_context const& context, text_listener& listener,
                                           text_call_options const& options = {});

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/runtime/impl/text_call.ipp>
#endif
