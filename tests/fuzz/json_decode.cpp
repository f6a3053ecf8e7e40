// JSON decoding of any octets: whatever decodes is written, and what was written decodes to the
// same; whatever does not decode has at least one violation with a sentence.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pando/contract/rules.hpp>
#include <pando/contract/values.hpp>
#include <pando/schema/json.hpp>

enum class Colour : std::uint8_t { red, green = 3, blue };
struct Point {
  std::int8_t x;
  std::uint16_t y;
};
struct Tree {
  std::optional<std::string> name;
  std::vector<Tree> children;
};
struct Money {
  std::int64_t cents;
};
template <>
struct pando::travels_as<Money> {
  using type = std::int64_t;
  static Money from(type const& cents) {
    if (cents < 0) throw pando::refused{"is a debt"};
    return {cents};
  }
  static type to(Money const& money) { return money.cents; }
};
struct Nested {
  std::vector<std::variant<Tree, Point, std::string, std::vector<double>>> shapes;
};
/// Nothing is required, so that every part of it is reached on its own.
struct Everything {
  std::optional<bool> a;
  std::optional<std::int8_t> b;
  std::optional<std::uint64_t> c;
  std::optional<std::int64_t> d;
  std::optional<float> e;
  std::optional<double> f;
  std::optional<std::string> g;
  std::optional<Colour> h;
  std::optional<std::chrono::milliseconds> i;
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> j;
  std::optional<pando::uuid> k;
  std::optional<pando::bytes> l;
  std::optional<std::vector<double>> m;
  std::optional<std::vector<bool>> n;
  std::optional<std::array<std::optional<int>, 2>> o;
  std::optional<std::set<std::string>> p;
  std::optional<std::map<std::string, Tree>> q;
  std::optional<Nested> r;
  std::optional<Money> s;
  std::optional<pando::secret<std::string>> t;
  pando::defaulted<std::uint8_t, 5> u;
  std::optional<pando::checked<std::string, pando::is::min_length<2>, pando::is::matches<"a+b">>> v;
  std::optional<std::set<pando::checked<int, pando::is::at_least<-3>>>> w;
  pando::checked<std::optional<int>, pando::is::at_most<9>> x;
  std::optional<std::vector<std::uint16_t>> y;
  std::optional<std::map<std::string, std::optional<Point>>> z;
};

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view text, pando::json::decode_options const& options) {
  Everything first{};
  pando::violations faults;
  if (!pando::json::decode(text, first, faults, options)) {
    demand(!faults.empty() && faults.list.size() <= pando::violations::limit);
    for (auto const& one : faults.list) demand(!one.rule.empty() && !one.message.empty());
    return;
  }
  demand(faults.empty());
  pando::buffer written;
  pando::json::encode(first, written);
  Everything second{};
  demand(pando::json::decode(written.view(), second, faults));
  pando::buffer again;
  pando::json::encode(second, again);
  demand(written.view() == again.view());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  // Copied to the end of a block of its own: a byte read past it is seen.
  std::vector<char> const exact(data, data + size);
  std::string_view const text(exact.data(), exact.size());
  check(text, {});
  check(text, {.ignore_unknown = true, .max_depth = 6});
  return 0;
}
