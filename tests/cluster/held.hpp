// What a handler waits for until its test lets it go on.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>

#include <boost/asio/any_io_executor.hpp>

#include <pando/handler/one_shot.hpp>

namespace support {

/// Fired by the test; a cancellation ends it in an error, and says "told to end".
inline std::shared_ptr<pando::one_shot> make_held(boost::asio::any_io_executor const& executor) {
  auto const until = std::make_shared<pando::one_shot>(executor);
  until->state = until.get();
  until->on_cancel = [](void* which) {
    auto const why = std::make_exception_ptr(std::runtime_error("told to end"));
    if (auto* const one = static_cast<pando::one_shot*>(which); !one->has_fired()) one->fire(why);
  };
  return until;
}

} // namespace support
