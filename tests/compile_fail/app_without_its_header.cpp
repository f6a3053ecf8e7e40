// `pando::app` where the header that is included makes apps of HTTP alone.
// expect-first: pando: pando::app is in <pando/app.hpp>, which is not included;
#ifdef PANDO_TWIN
#include <pando/app.hpp>
#endif
#include <pando/http_app.hpp>

struct Clock : pando::controller<"clock", pando::route<"now", int(), pando::http::get<"/">>> {};

inline auto const clocks = pando::implement<Clock>(pando::on<"now"> = [] { return 12; });

int main() {
  auto app = pando::app(clocks); // here
  return app.run({.http = 3000});
}
