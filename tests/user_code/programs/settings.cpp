// Section 3 of the user's page: settings are a struct like any other.
#include <pando/pando.hpp>

struct ShopSettings { std::string smtp_host; pando::defaulted<int, 25> smtp_port; pando::secret<std::string> smtp_password; };

struct Mail : pando::controller<"mail",
    pando::route<"relay", std::string(), pando::http::get<"/relay">, pando::cli::command<>>> {};

inline auto mail = pando::implement<Mail>(
    pando::on<"relay"> = [](ShopSettings const& settings) {
      return settings.smtp_host + ":" + std::to_string(settings.smtp_port.get());
    });

int main(int argc, char** argv) {
  return pando::app(mail).named("shop").settings<ShopSettings>().main(argc, argv);
}
