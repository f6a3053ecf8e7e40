// README: a program's own metrics.
#include <pando/pando.hpp>

struct Things : pando::controller<"thing", pando::route<"drop", void()>> {};
inline auto things = pando::implement<Things>(pando::on<"drop"> = [] {});

void use() {
  auto app = pando::app(things);
#include "block.1"
}
