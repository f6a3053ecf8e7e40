// A default that its type cannot hold.
// expect-first: pando: the default of this pando::defaulted<T, value> is no value of its T
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using port = std::uint16_t;
#else
using port = std::uint8_t;
#endif

struct Settings {
  pando::defaulted<port, 8080> listen; // here
};

int main() {
  Settings const settings;
  return settings.listen == 8080 ? 0 : 1;
}
