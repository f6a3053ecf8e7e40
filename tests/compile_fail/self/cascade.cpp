// Says the sentence, and then a second error.
// expect-first: fitting: the hole takes a square peg
template <class Peg>
constexpr void drive(Peg peg) {
  static_assert(sizeof(Peg) == 1, "fitting: the hole takes a square peg");
  char (&same)[sizeof(Peg)] = reinterpret_cast<char (&)[sizeof(Peg)]>(peg);
  static_cast<void>(static_cast<char (&)[1]>(same));
}

#ifdef PANDO_TWIN
using peg = char;
#else
using peg = long;
#endif

int main() {
  drive(peg{}); // here
}
