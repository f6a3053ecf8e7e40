// libFuzzer: octets as values of a type that has every kind, in both forms, and as shapes. What is
// read must be written and read again without a difference.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pando/schema/binary.hpp>
#include <pando/schema/shape.hpp>

namespace fuzzed {

enum class Colour : std::uint8_t { red, green = 3, blue };
struct Metres {
  double value = 0;
};
struct Tree {
  std::string name{};
  std::vector<Tree> children{};
};
struct Everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::uint64_t huge = 0;
  float narrow = 0;
  std::string text{};
  Colour colour{};
  std::chrono::milliseconds pause{};
  std::chrono::sys_seconds when{};
  pando::uuid id{};
  pando::bytes raw{};
  std::optional<std::optional<int>> twice{};
  std::vector<double> numbers{};
  std::vector<bool> flags{};
  std::array<std::string, 2> pair{};
  std::set<std::string> unique{};
  std::map<std::string, Tree> places{};
  std::variant<std::string, Tree, int> choice{};
  Metres height{};
  pando::checked<std::string, pando::is::max_length<4>> code{};
  pando::defaulted<int, 7> seven{};
};

template <class Type>
std::string written(Type const& value, pando::binary::form how) {
  pando::buffer out;
  pando::binary::encode(value, out, how);
  return std::string(out.view());
}

void try_form(std::string_view octets, pando::binary::form how) {
  Everything first;
  pando::violations faults;
  if (!pando::binary::decode(octets, first, faults, how)) {
    if (faults.empty()) std::abort();
    return;
  }
  auto const again = written(first, how);
  Everything second;
  if (!pando::binary::decode(again, second, faults, how) || written(second, how) != again)
    std::abort();
}

} // namespace fuzzed

template <>
struct pando::travels_as<fuzzed::Metres> {
  using type = double;
  static fuzzed::Metres from(double metres) {
    if (metres < 0) throw refused{"below the ground"};
    return {metres};
  }
  static double to(fuzzed::Metres const& height) { return height.value; }
};

using namespace fuzzed;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const octets(reinterpret_cast<char const*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) try_form(octets, pando::binary::form::positional);
  if (data[0] % 3 == 1) try_form(octets, pando::binary::form::tagged);
  if (data[0] % 3 == 2) {
    pando::buffer ours;
    pando::binary::write_shape(pando::type_of<Everything>(), ours);
    std::string why;
    if (!pando::binary::compatible(octets, ours.view(), why) && why.empty()) std::abort();
  }
  return 0;
}
