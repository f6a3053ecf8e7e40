// A machine that gives a test's program no further thread.
#pragma once

#include <cstddef>

#include <pthread.h>

#include <boost/test/unit_test.hpp>

namespace support {

/// While it lives new threads are to have stacks for which there is no room.
class no_more_threads {
 public:
  no_more_threads() {
    BOOST_REQUIRE(::pthread_getattr_default_np(&before_) == 0);
    ::pthread_attr_t huge;
    BOOST_REQUIRE(::pthread_attr_init(&huge) == 0);
    BOOST_REQUIRE(::pthread_attr_setstacksize(&huge, std::size_t{1} << 47) == 0);
    BOOST_REQUIRE(::pthread_setattr_default_np(&huge) == 0);
    ::pthread_attr_destroy(&huge);
  }
  no_more_threads(no_more_threads const&) = delete;
  ~no_more_threads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  ::pthread_attr_t before_{};
};

} // namespace support
