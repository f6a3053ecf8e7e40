// What no wire can say: thrown where a value is written, whatever the codec.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace pando {

/// A value that cannot be sent: NaN, infinity, text that is not UTF-8, a time past the year 9999.
struct unencodable : std::invalid_argument {
  unencodable(std::string at, std::string_view what)
      : std::invalid_argument("pando: the value" + (at.empty() ? "" : " at " + at) +
                              " cannot be sent: it is " + std::string(what)),
        path(std::move(at)), why(what) {}

  std::string path; ///< a JSON pointer to the value
  std::string why;  ///< completes "it is …"
};

} // namespace pando
