// A pattern that is known at run time only, for tests that make patterns up.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <pando/contract/detail/regex.hpp>

namespace pando_test {

namespace detail = pando::detail;

class pattern {
 public:
  explicit pattern(std::string_view text)
      : whole_(std::make_unique<detail::regex_whole>(detail::regex_compile(text))) {
    auto const& moves = whole_->moves;
    auto const& part = whole_->built.whole;
    for (auto const* set :
         {&part.first_begin, &part.first, &part.last, &part.last_end, &moves.step, &moves.stay}) {
      put(ends_, *set);
    }
    for (std::size_t at = 0; at < moves.jumps; ++at) {
      put(from_, moves.from[at]);
      put(to_, moves.to[at]);
    }
    for (std::size_t at = 0; at < whole_->intervals.count; ++at) {
      put(accepts_, whole_->intervals.accepts[at]);
    }
    ascii_ = detail::regex_ascii(whole_->intervals);
  }

  detail::regex_fault fault() const { return whole_->built.fault; }
  std::size_t positions() const { return whole_->built.positions; }
  std::size_t jumps() const { return whole_->moves.jumps; }

  bool found_in(std::string_view text) const {
    std::size_t const words = whole_->words;
    detail::regex_tables const tables = {static_cast<std::uint16_t>(words),
                                         static_cast<std::uint16_t>(whole_->moves.jumps),
                                         static_cast<std::uint16_t>(whole_->intervals.count),
                                         static_cast<std::uint16_t>(whole_->built.whole.empty),
                                         ascii_.at,
                                         whole_->intervals.start,
                                         accepts_.data(),
                                         ends_.data(),
                                         ends_.data() + words,
                                         ends_.data() + 2 * words,
                                         ends_.data() + 3 * words,
                                         ends_.data() + 4 * words,
                                         ends_.data() + 5 * words,
                                         from_.data(),
                                         to_.data()};
    return detail::regex_search(tables, text);
  }

 private:
  std::unique_ptr<detail::regex_whole> whole_;
  std::vector<std::uint64_t> ends_, from_, to_, accepts_;
  detail::regex_row<std::uint8_t, 128> ascii_;

  void put(std::vector<std::uint64_t>& words, detail::regex_set const& set) {
    words.insert(words.end(), set.word, set.word + whole_->words);
  }
};

} // namespace pando_test
