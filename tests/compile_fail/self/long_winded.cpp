// Says the sentence, at more length than anyone reads.
// expect-first: fitting: the hole takes a square peg
template <class... Words>
struct words {};
#define TEN(x) x, x, x, x, x, x, x, x, x, x
struct a_name_that_is_rather_long {};
using hundred = words<TEN(words<TEN(a_name_that_is_rather_long)>)>;

template <class Words, class Peg>
constexpr void drive(Peg) {
  static_assert(sizeof(Peg) == 1, "fitting: the hole takes a square peg");
}

#ifdef PANDO_TWIN
using peg = char;
#else
using peg = long;
#endif

int main() {
  drive<hundred>(peg{}); // here
}
