// A coroutine that is said to block.
// expect-first: pando: pando::blocking is for a singleton or cron job whose function is no coroutine
// expect-named: mailer
#include <pando/app/entities.hpp>

#ifdef PANDO_TWIN
auto mailer = pando::singleton<"mailer", pando::blocking>([] {});
#else
auto mailer = pando::singleton<"mailer", pando::blocking>([]() -> pando::task<> { co_return; });
#endif

int main(int argc, char** argv) {
  return pando::app(mailer).main(argc, argv); // here
}
