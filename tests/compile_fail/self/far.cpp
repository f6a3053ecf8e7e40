// Says the sentence, but two notes away from the user's line.
// expect-first: fitting: the hole takes a square peg
template <class Peg>
constexpr void inner(Peg) {
  static_assert(sizeof(Peg) == 1, "fitting: the hole takes a square peg");
}
template <class Peg>
constexpr void drive(Peg peg) {
  inner(peg);
}

#ifdef PANDO_TWIN
using peg = char;
#else
using peg = long;
#endif

int main() {
  drive(peg{}); // here
}
