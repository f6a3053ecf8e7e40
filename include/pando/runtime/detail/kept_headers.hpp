// The headers of a call whose handler runs on another thread than its caller, who may leave.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <pando/handler/caller.hpp>

namespace pando::detail {

/// Stands between the handler and the request that its caller takes along when it leaves. The lock
/// is what orders the two: a header is looked up and copied while the request is there for sure, or
/// it is not looked up. `caller::find_header` itself is written once, before the handler is posted
/// to its thread, and never by who leaves. What was read stays where it is: its views are valid as
/// long as this is.
class kept_headers {
 public:
  /// *Pre*: that caller has headers. *Thread*: the call's; the caller outlives this.
  explicit kept_headers(caller& of) : find_(of.find_header), source_(of.header_source) {
    of.header_source = this;
    of.find_header = &look_up;
  }
  kept_headers(kept_headers const&) = delete;

  /// The request is about to be no more. *Thread*: the call's.
  void close() {
    std::lock_guard const lock(mutex_);
    find_ = nullptr;
  }

 private:
  static std::string_view look_up(void const* self, std::string_view name) {
    return static_cast<kept_headers const*>(self)->find(name);
  }
  std::string_view find(std::string_view name) const {
    std::lock_guard const lock(mutex_);
    if (auto const known = read_.find(name); known != read_.end()) return known->second;
    auto const value = find_ == nullptr ? std::string_view() : find_(source_, name);
    if (value.empty()) return {};
    return read_.emplace(name, value).first->second;
  }

  mutable std::mutex mutex_;
  std::string_view (*find_)(void const* source, std::string_view name); ///< null: it is closed
  void const* source_;
  mutable std::map<std::string, std::string, std::less<>> read_;
};

} // namespace pando::detail
