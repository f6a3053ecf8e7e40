// What a fleet of `pando::testing::cluster` has in its storage.
#pragma once

#include <cstddef>

#include <pando/handler/task.hpp>
#include <pando/store/storage.hpp>

namespace support {

/// As that runner sees it.
template <class Fleet>
pando::store::message_counts stored_in(Fleet& fleet, std::size_t by = 0) {
  pando::store::message_counts found;
  fleet.run([&]() -> pando::task<void> {
    auto const got = co_await fleet.runner(by).storage().count();
    found = got;
  });
  return found;
}

} // namespace support
