// A sound fault, but a twin that does not compile either.
// expect-first: fitting: the hole takes a square peg
template <class Peg>
constexpr void drive(Peg) {
  static_assert(sizeof(Peg) == 0, "fitting: the hole takes a square peg");
}

int main() {
  drive('x'); // here
}
