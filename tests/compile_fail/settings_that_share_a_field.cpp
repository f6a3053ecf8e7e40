// Two structs of settings with one flag.
// expect-first: pando: two structs of settings have a field of this name, which is one flag
// expect: MailSettings
// expect: BookSettings
// expect-named: "host"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct MailSettings {
  int port;
  std::string host;
};
struct BookSettings {
#ifdef PANDO_TWIN
  std::string shelf;
#else
  std::string host;
#endif
};

int main(int argc, char** argv) {
  Stock stock;
  auto app = pando::app(shop).settings<MailSettings>().provide(stock);
  return std::move(app).settings<BookSettings>().main(argc, argv); // here
}
