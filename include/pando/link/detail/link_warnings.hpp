// What the log has been told of links that do not come to be, so that it is told once.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace pando::detail {

/// Of all links of a process: each attempt of each loop ends in the same way. *Thread*: any.
/// *Limit*: 256 that are known; of more, who may be anybody, nothing is told.
class link_warnings {
 public:
  using clock = std::chrono::steady_clock;

  /// Whether it is to be told now: it was not since the peer was well last, or 5 minutes ago.
  bool is_news(std::string const& peer, std::string const& why,
               clock::time_point now = clock::now()) {
    constexpr std::size_t most = 256;
    std::lock_guard const lock(mutex_);
    auto const found = told_.find({peer, why});
    if (found != told_.end() && now - found->second < lasts) return false;
    if (found == told_.end() && told_.size() >= most)
      std::erase_if(told_, [&](auto const& one) { return now - one.second >= lasts; });
    if (found == told_.end() && told_.size() >= most) return false;
    told_[{peer, why}] = now;
    return true;
  }
  /// Gives whether something was told of it since it was well last.
  bool is_well(std::string const& peer) {
    std::lock_guard const lock(mutex_);
    return std::erase_if(told_, [&](auto const& one) { return one.first.first == peer; }) != 0;
  }

 private:
  static constexpr std::chrono::minutes lasts{5};
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, clock::time_point> told_;
};

} // namespace pando::detail
