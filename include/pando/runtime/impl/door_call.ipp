// How a handler's defect becomes a line of the log and an id.
#pragma once

#include <cxxabi.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <typeinfo>

#include <pando/runtime/door_call.hpp>

namespace pando {

namespace detail {
inline std::string name_of_type(std::type_info const& type) {
  int status = 0;
  char* const readable = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  if (status != 0 || readable == nullptr) return type.name();
  std::string name;
  try {
    name = readable;
  } catch (...) {
    std::free(readable);
    throw;
  }
  std::free(readable);
  return name;
}
} // namespace detail

PANDO_INLINE std::string describe_exception(std::exception_ptr const& error,
                                            std::string_view of_others) {
  try {
    std::rethrow_exception(error);
  } catch (std::exception const& known) {
    return detail::name_of_type(typeid(known)) + ": " + known.what();
  } catch (...) {
    auto const* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "an exception of unknown type";
    return "an exception of type " + detail::name_of_type(*type) + std::string(of_others);
  }
}

PANDO_INLINE std::string new_event_id() {
  static std::uint64_t const seed = [] {
    std::uint64_t random = 0;
    if (::getentropy(&random, sizeof random) != 0)
      random = static_cast<std::uint64_t>(::time(nullptr));
    return random;
  }();
  static std::atomic<std::uint64_t> counter{0};
  // splitmix64: neighbours look nothing alike, and no number comes twice.
  std::uint64_t id = seed + 0x9e3779b97f4a7c15ULL * counter.fetch_add(1, std::memory_order_relaxed);
  id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9ULL;
  id = (id ^ (id >> 27)) * 0x94d049bb133111ebULL;
  id ^= id >> 31;
  std::string digits(16, '0');
  for (std::size_t at = digits.size(); at-- != 0; id >>= 4)
    digits[at] = "0123456789abcdef"[id & 15];
  return digits;
}

PANDO_INLINE void door_call::count_at_door() noexcept {
  begun_ = std::chrono::steady_clock::now();
  if (auto* const door = counts_->by(way_); door != nullptr) door->begun.add();
  else counts_ = nullptr;
}
PANDO_INLINE void door_call::count_end_at_door() noexcept {
  auto* const door = counts_->by(way_);
  door->ended[static_cast<std::size_t>(outcome_)].add();
  door->took.observe(std::chrono::steady_clock::now() - begun_);
}

PANDO_INLINE void door_call::defect(route_row const& route, std::exception_ptr error) {
  ends_in(call_outcome::defect);
  auto id = new_event_id();
  auto const what = describe_exception(error, ", which the route does not declare: raises<>");
  context_->events->error("route " + std::string(route.full_name) + " failed, id " + id + ": " +
                          what);
  fail(internal_failure("the app failed; its log has the details under id " + id, {}, id));
}

} // namespace pando
