// A sound case: the guard's own sentence, at the user's line.
// expect-first: fitting: the hole takes a square peg
// expect: round
struct square {};
struct round {};

template <class Peg>
inline constexpr bool fits = false;
template <>
inline constexpr bool fits<square> = true;

template <class Peg>
constexpr void drive(Peg) {
  static_assert(fits<Peg>, "fitting: the hole takes a square peg");
}

#ifdef PANDO_TWIN
using peg = square;
#else
using peg = round;
#endif

int main() {
  drive(peg{}); // here
}
