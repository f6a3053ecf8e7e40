// Pulling a stream: one item at a time, as long as whoever takes them has room.
#pragma once

#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/handler/stream_source.hpp>

namespace pando {

/// Derived from by a call that is answered by a stream. *Thread*: the call's.
class stream_pump {
 public:
  stream_pump() = default;
  stream_pump(stream_pump const&) = delete;

  /// Takes the source and begins to pull. Again after an end: a call that is reused.
  void begin(std::unique_ptr<stream_source> source, boost::asio::any_io_executor executor) {
    source_ = std::move(source);
    error_ = nullptr;
    pulling_ = ended_ = dropped_ = is_told_ = false;
    source_->runs_on(std::move(executor));
    pump();
  }
  /// Pulls while there is room; to be called again when there is room again. May end in
  /// `stream_gone`, which may destroy this.
  void pump() {
    if (pumping_ || source_ == nullptr) return;
    pumping_ = true;
    while (!ended_ && !dropped_ && !pulling_ && wants_item()) {
      pulling_ = true;
      source_->next(this, [](void* self, void* item, std::exception_ptr error) {
        static_cast<stream_pump*>(self)->pulled(item, std::move(error));
      });
    }
    pumping_ = false;
    settle();
  }
  /// Nobody wants the rest: `stream_ended`, the producer ends where it stands, and `stream_gone`.
  void drop() {
    dropped_ = true;
    if (!pumping_) settle();
  }
  bool is_streaming() const noexcept { return source_ != nullptr; }

 protected:
  ~stream_pump() = default;

  /// Whether there is room for another item.
  virtual bool wants_item() = 0;
  /// An item, to be moved from or copied before this returns.
  virtual void take_item(void* item) = 0;
  /// The end, once; with the error it ended in. Not after a `drop`: then `error` is null.
  virtual void stream_ended(std::exception_ptr error) = 0;
  /// After it, and when nothing of the producer runs any more, which may still be in a task that
  /// it waits for. May destroy this.
  virtual void stream_gone() = 0;

 private:
  void pulled(void* item, std::exception_ptr error) {
    pulling_ = false;
    if (item == nullptr) {
      ended_ = true;
      error_ = std::move(error);
    } else if (!dropped_) {
      bool const is_outer = std::exchange(pumping_, true); // it may drop this: not from inside
      take_item(item);
      pumping_ = is_outer;
    }
    if (!pumping_) pump();
  }
  void settle() {
    if (!ended_ && !dropped_) return;
    if (source_ == nullptr || std::exchange(is_told_, true)) return;
    stream_ended(dropped_ ? nullptr : std::move(error_));
    bool const is_gone =
        source_->leave(this, [](void* self) { static_cast<stream_pump*>(self)->gone(); });
    if (is_gone) gone();
  }
  void gone() {
    source_.reset();
    stream_gone();
  }

  std::unique_ptr<stream_source> source_;
  std::exception_ptr error_;
  bool pumping_ = false;
  bool pulling_ = false;
  bool ended_ = false;
  bool dropped_ = false;
  bool is_told_ = false; ///< of the end
};

} // namespace pando
