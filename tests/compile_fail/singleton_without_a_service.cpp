// A singleton that asks for a service that nobody provides.
// expect-first: pando: nothing provides what the function of this singleton or cron job asks for
// expect: Outbox
#include <pando/app/entities.hpp>

struct Outbox {
  int sent = 0;
};

auto mailer = pando::singleton<"mailer">(
    [](pando::singleton_context&, Outbox& out) { out.sent = 1; });

int main(int argc, char** argv) {
  Outbox outbox;
#ifdef PANDO_TWIN
  return pando::app(mailer).provide(outbox).main(argc, argv);
#else
  return pando::app(mailer).main(argc, argv); // here
#endif
}
