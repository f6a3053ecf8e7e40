// Fails for a reason of its own (a misspelt name), which proves nothing about the sentence.
// expect-first: fitting: the hole takes a square peg
template <class Peg>
constexpr void drive(Peg) {
  static_assert(sizeof(Peg) == 1, "fitting: the hole takes a square peg");
}

int main() {
#ifdef PANDO_TWIN
  drive('x');
#else
  drvie('x'); // here
#endif
}
