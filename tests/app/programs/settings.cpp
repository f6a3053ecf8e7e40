// An app with settings from every place they may come from.
#include <chrono>

#include <pando/pando.hpp>

struct MailSettings {
  pando::checked<std::string, pando::is::non_empty> smtp_host;
  pando::defaulted<int, 25> smtp_port;
  pando::secret<std::string> smtp_password;
  std::optional<std::chrono::seconds> retry_after;
  std::vector<std::string> copies_to;
};
struct LimitSettings {
  pando::defaulted<std::uint8_t, 8> most_open;
};
struct Seen {
  std::string host;
  int port;
  std::size_t password_length;
  std::int64_t retry_after;
  std::vector<std::string> copies_to;
  int most_open;
};

struct Mail
    : pando::controller<"mail", pando::route<"seen", Seen(), pando::cli::command<>>> {};

inline auto const mail = pando::implement<Mail>(
    pando::on<"seen"> = [](MailSettings const& settings, LimitSettings const& limits) -> Seen {
      return {settings.smtp_host.get(),
              settings.smtp_port.get(),
              settings.smtp_password.reveal().size(),
              settings.retry_after ? settings.retry_after->count() : -1,
              settings.copies_to,
              limits.most_open.get()};
    });

int main(int argc, char** argv) {
  return pando::app(mail)
      .named("mail-app")
      .settings<MailSettings>()
      .settings<LimitSettings>()
      .main(argc, argv);
}
