// A call that came in frames.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pando/link/connection_call.hpp>
#include <pando/link/detail/frame_form.hpp>
#include <pando/link/frame_server.hpp>

namespace pando::detail {

class frame_call final : public connection_call {
 public:
  explicit frame_call(frame_server& owner);
  ~frame_call() override = default;

  /// Runs it. It may be over when this returns.
  void start(std::uint32_t id, served_route const& route, frame_form how, std::string_view payload,
             std::string_view door, std::optional<std::chrono::steady_clock::time_point> deadline,
             frame_server::called_for const& asked);
  void grant(std::uint64_t items) noexcept;
  std::uint32_t id() const noexcept { return id_; }

  PANDO_INLINE bool decode(schema::type const& type, void* request) override;
  PANDO_INLINE void answer(schema::type const* type, void* result) override;
  PANDO_INLINE void raise(error_row const& row, std::size_t index, void* error) override;
  PANDO_INLINE void fail(failure const& why) override;
  void* extra(void const* what) override {
    return what == &instance_of_call && !instance_.empty() ? &instance_ : nullptr;
  }

 private:
  PANDO_INLINE void send_event(io_event const& event) override;
  PANDO_INLINE void send_question(std::uint32_t number, io_question const& question) override;
  PANDO_INLINE void send_item(void* item) override;
  PANDO_INLINE void send_end() override;
  PANDO_INLINE void over() override;
  bool has_credit() const override { return credit_ != 0; }
  void took_credit() override { --credit_; }

  void encode(schema::type const& type, void const* value);
  /// Ends the frame, unless it is longer than the other side takes: then *throws* `too_large`.
  void end_frame(frames::writer& frame);

  frame_server& owner_;
  std::uint32_t id_ = 0;
  frame_form form_ = frame_form::positional; ///< of the request and of its answer
  bool is_answered_ = false;
  std::uint64_t credit_ = 0;
  std::string_view payload_; ///< valid while the route is being started
  std::string kept_;         ///< for a handler that decodes later
  std::string door_;
  std::string_view instance_; ///< valid while the route is being started
  std::string transport_;     ///< of whom the call is made for
  std::string peer_;
};

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/frame_call.ipp>
#endif
