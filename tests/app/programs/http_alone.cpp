// An app of HTTP alone, as a program with flags of its own has it: `http_alone PORT`.
#include <cstdlib>
#include <string_view>

#include <pando/http_app.hpp>

#include "app/swap.hpp"

namespace {

inline auto const swap = pando::implement<swap_app::Swap>(
    pando::on<"who"> = [](int& asked) { return swap_app::Who{++asked}; },
    pando::on<"slow"> = [](swap_app::Pause in) { return swap_app::Who{in.ms}; },
    pando::on<"cancelled"> = [] { return 0; },
    pando::on<"at"> = [](swap_app::Pause in) { return in; },
    pando::on<"count"> = [](swap_app::Count in) -> pando::stream<swap_app::Who> {
      for (int i = 0; i < in.items; ++i) {
        swap_app::Who who{i};
        co_yield who;
      }
    });

} // namespace

int main(int argc, char** argv) {
  int asked = 0;
  pando::serve_options options;
  options.http = argc > 1 ? std::atoi(argv[1]) : 0;
  options.http_host = "127.0.0.1";
  options.replace = argc > 2 && std::string_view(argv[2]) == "replace";
  return pando::http_app(swap).provide(asked).named("alone").run(options);
}
