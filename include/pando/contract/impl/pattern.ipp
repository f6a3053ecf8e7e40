// A pattern's tables, made at run time.
#pragma once

#include <memory>

#include <pando/contract/pattern.hpp>

namespace pando {

PANDO_INLINE pattern::pattern(std::string_view text) {
  // Some 60 KB, which is much for a stack.
  auto const whole = std::make_unique<detail::regex_whole const>(detail::regex_compile(text));
  auto const& built = whole->built;
  fault_ = built.fault;
  if (!is_sound()) return;
  auto const& intervals = whole->intervals;
  auto const& moves = whole->moves;
  auto const put = [&](detail::regex_set const* sets, std::size_t count) {
    for (std::size_t each = 0; each < count; ++each)
      sets_.insert(sets_.end(), sets[each].word, sets[each].word + whole->words);
  };
  put(&built.whole.first_begin, 1);
  put(&built.whole.first, 1);
  put(&built.whole.last, 1);
  put(&built.whole.last_end, 1);
  put(&moves.step, 1);
  put(&moves.stay, 1);
  auto const accepts = sets_.size();
  put(intervals.accepts, intervals.count);
  auto const from = sets_.size();
  put(moves.from, moves.jumps);
  auto const to = sets_.size();
  put(moves.to, moves.jumps);
  starts_.assign(intervals.start, intervals.start + intervals.count);
  auto const ascii = detail::regex_ascii(intervals);
  for (std::size_t point = 0; point < 128; ++point) ascii_[point] = ascii.at[point];
  auto const words = whole->words;
  tables_ = {static_cast<std::uint16_t>(words),
             static_cast<std::uint16_t>(moves.jumps),
             static_cast<std::uint16_t>(intervals.count),
             static_cast<std::uint16_t>(built.whole.empty),
             ascii_,
             starts_.data(),
             sets_at(accepts),
             sets_at(0),
             sets_at(words),
             sets_at(2 * words),
             sets_at(3 * words),
             sets_at(4 * words),
             sets_at(5 * words),
             sets_at(from),
             sets_at(to)};
}

} // namespace pando
