// A pattern that tests make up, and what the compiler would make of it.
#pragma once

#include <memory>
#include <string_view>

#include <pando/contract/pattern.hpp>

namespace pando_test {

namespace detail = pando::detail;

class pattern {
 public:
  explicit pattern(std::string_view text)
      : whole_(std::make_unique<detail::regex_whole>(detail::regex_compile(text))),
        program_(std::make_unique<pando::pattern>(text)) {}

  detail::regex_fault fault() const { return whole_->built.fault; }
  std::size_t positions() const { return whole_->built.positions; }
  std::size_t jumps() const { return whole_->moves.jumps; }
  bool found_in(std::string_view text) const { return program_->matches(text); }

 private:
  std::unique_ptr<detail::regex_whole> whole_;
  std::unique_ptr<pando::pattern> program_;
};

} // namespace pando_test
