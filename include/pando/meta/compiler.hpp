// What is known of the compilers at hand, each with the version it may go with.
#pragma once

namespace pando::meta {

/// g++ before 13 destroys an aggregate or closure temporary twice when it stands inside a
/// `co_await`
/// or `co_yield` expression and has a destructor to speak of. May go when g++ 13 is the floor.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool destroys_temporaries_twice = true;
#else
inline constexpr bool destroys_temporaries_twice = false;
#endif

} // namespace pando::meta
