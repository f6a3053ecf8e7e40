// A cron job that asks to change what was given as const.
// expect-first: pando: what the function of this singleton or cron job asks for was given as const
// expect: Outbox
#include <pando/app/entities.hpp>

struct Outbox {
  int sent = 0;
};

#ifdef PANDO_TWIN
using asked = Outbox const;
#else
using asked = Outbox;
#endif

auto nightly = pando::cron<"nightly", "@daily">([](asked& out) { (void)out; });

int main(int argc, char** argv) {
  Outbox const outbox;
  return pando::app(nightly).provide(outbox).main(argc, argv); // here
}
