// A cron job that gives something, which nobody takes.
// expect-first: pando: nobody takes the result of a singleton or cron job; its function gives void
// expect: int
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
auto nightly = pando::cron<"nightly", "@daily">([] {});
#else
auto nightly = pando::cron<"nightly", "@daily">([] { return 7; });
#endif

int main(int argc, char** argv) {
  return pando::app(nightly).main(argc, argv); // here
}
