// What a test does on a machine that lacks what it needs.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>

#include <boost/test/unit_test.hpp>

namespace support {

/// Says that this test is left out, and why, where nobody can do anything about it.
inline void let_go(std::string const& why) {
  auto const& name = boost::unit_test::framework::current_test_case().full_name();
  std::cout << "left out: " << name << ": " << why << std::endl;
}

/// Says that this test is left out, and why. Where PANDO_MUST is set, as .ci/run sets it, nothing
/// may be left out: the test fails instead. To be followed by the end of the test.
inline void skip(std::string const& why) {
  char const* const must = std::getenv("PANDO_MUST");
  if (must == nullptr || *must == '\0') return let_go(why);
  auto const& name = boost::unit_test::framework::current_test_case().full_name();
  BOOST_ERROR(why << "; PANDO_MUST is set, so " << name << " may not be left out");
}

} // namespace support
