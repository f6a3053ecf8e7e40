// Wake-ups on their way from whoever changed a storage to whoever wants to know.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <pando/config.hpp>
#include <pando/store/storage.hpp>

namespace pando::store::detail {

/// Several kinds of wake-ups at once, each a bit.
using wakes = unsigned;
constexpr wakes as_wakes(wake one) noexcept { return 1u << static_cast<unsigned>(one); }
inline constexpr wakes all_wakes = as_wakes(wake::shards) | as_wakes(wake::messages) |
                                   as_wakes(wake::answers) | as_wakes(wake::chunks);

/// What one handle is told: on its executor, and however much has changed since it was told last,
/// each kind once. *Thread*: `tell` any; the rest the executor's.
class waker : public std::enable_shared_from_this<waker> {
 public:
  void set(std::function<void(wake)> told) { told_ = std::move(told); }
  void start(boost::asio::any_io_executor home);
  void stop() noexcept;
  void tell(wakes kinds);

 private:
  void call();

  std::function<void(wake)> told_{};
  std::mutex mutex_{};
  std::optional<boost::asio::any_io_executor> home_{};
  wakes waiting_ = 0;
};

} // namespace pando::store::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/waker.ipp>
#endif
