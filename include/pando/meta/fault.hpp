// How a compile-time error comes to be one sentence at the user's own line.
//
// A public function is declared twice: for sound use with its result, and for faulty use, never
// defined, with a class whose destructor holds the sentence. The call destroys what it is given, so
// the compiler blames the line of the call, in a note that names the fault's few words: not the
// function's hundred arguments, as it would from a static_assert in the function's body. And the
// class stays sound, as it would not with a static_assert in it: what follows the call compiles.
#pragma once

namespace pando::detail {

/// Nothing is wrong.
struct no_fault {
  static constexpr bool found = false;
};

/// What is wrong: a class template of the words, with `in_place_of<Result>`, which derives from the
/// result (so that what follows compiles) and says the sentence, a static_assert, at its end.
struct any_fault {
  static constexpr bool found = true;
};

/// A result of which it was said what is wrong: nobody says it again.
struct already_told {};

/// Becomes whatever is wanted.
struct anything {
  template <class Type>
  operator Type() const;
};

/// What a faulty call gives in place of its result.
template <class Fault, class Result>
using sentence = typename Fault::template in_place_of<Result>;

} // namespace pando::detail
