// A PostgreSQL server of a test's own: its data and its socket in a folder that is removed again.
#pragma once

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <pwd.h>
#include <unistd.h>

#include <support/comes_true.hpp>
#include <support/process.hpp>
#include <support/scratch.hpp>

namespace support {

/// Where Debian puts the server's programs, the newest version; empty: none is installed.
inline std::string postgres_programs() {
  std::error_code none;
  std::vector<std::string> found;
  for (auto const& one : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
    if (std::filesystem::exists(one.path() / "bin" / "initdb"))
      found.push_back((one.path() / "bin").string());
  std::sort(found.begin(), found.end(), [](auto const& left, auto const& right) {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
  });
  return found.empty() ? std::string() : found.back();
}

/// No TCP unless it has an address; the user is `pando` with the password `secret`, its database is
/// `postgres`. It ends with this object, and with this process however that ends. *Thread*: the one
/// that made it.
class postgres_server {
 public:
  /// `settings`: further lines of postgresql.conf. `by`: a command that runs it, such as on another
  /// host, where it listens at `address` for those of its network. *Throws* std::runtime_error with
  /// what the server's programs say.
  explicit postgres_server(std::string const& settings = {}, std::vector<std::string> by = {},
                           std::string address = {})
      : by_(std::move(by)), address_(std::move(address)) {
    if (::getuid() == 0) become_somebody();
    std::ofstream(folder_.path() + "/password") << "secret\n";
    own("");
    own("/password");
    run_to_end({programs_ + "/initdb", "--pgdata=" + data(), "--username=pando",
                "--auth=scram-sha-256", "--pwfile=" + folder_.path() + "/password",
                "--encoding=UTF8", "--locale=C", "--no-sync"});
    std::ofstream(data() + "/postgresql.conf", std::ios::app)
        << "listen_addresses = '" << address_ << "'\n"
        << "unix_socket_directories = '" << folder_.path() << "'\n"
        << "shared_buffers = 16MB\nmax_connections = 100\nmax_wal_size = 64MB\n"
        << "autovacuum = off\n"
        << settings << "\n";
    if (!address_.empty())
      std::ofstream(data() + "/pg_hba.conf", std::ios::app)
          << "host all all samenet scram-sha-256\n";
    start();
  }
  ~postgres_server() {
    if (server_ == nullptr) return;
    signal(SIGCONT);
    server_->signal(SIGQUIT); // at once, and in order
    server_->wait(std::chrono::seconds(20));
  }

  /// As libpq takes it.
  std::string connection(std::string const& user = "pando", std::string const& password = "secret",
                         std::string const& database = "postgres") const {
    return "host=" + folder_.path() + " user=" + user + " password=" + password +
           " dbname=" + database;
  }
  /// The same as an address.
  std::string url() const {
    if (!address_.empty()) return "postgres://pando:secret@" + address_ + "/postgres";
    return "postgres://pando:secret@/postgres?host=" + folder_.path();
  }

  void start() {
    log_ = folder_.path() + "/log" + std::to_string(++starts_);
    server_ = std::make_unique<process>(as_user({programs_ + "/postgres", "-D", data()}), log_);
    if (!server_->writes("ready to accept connections"))
      throw std::runtime_error("the server does not start: " + written());
  }
  /// As when the power goes: every process of it at once.
  void kill() {
    auto const all = processes();
    for (auto const one : all) ::kill(one, SIGKILL);
    server_->wait();
    for (auto const one : all)
      comes_true([one] { return !std::filesystem::exists("/proc/" + std::to_string(one)); });
    server_.reset();
  }
  /// In order, but without waiting for clients.
  void stop() {
    server_->signal(SIGINT);
    server_->wait();
    server_.reset();
  }
  /// To every process of it: SIGSTOP, SIGCONT.
  void signal(int which) const {
    for (auto const one : processes()) ::kill(one, which);
  }
  std::string written() const {
    std::ifstream in(log_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string data() const { return folder_.path() + "/data"; }

  /// The server refuses to run as root.
  void become_somebody() {
    auto const* who = ::getpwnam("postgres");
    if (who == nullptr) who = ::getpwnam("nobody");
    if (who == nullptr) throw std::runtime_error("no user to run PostgreSQL as");
    user_ = who->pw_uid;
    group_ = who->pw_gid;
  }
  void own(std::string const& below) const {
    if (user_ && ::chown((folder_.path() + below).c_str(), *user_, group_) != 0)
      throw std::runtime_error("chown " + folder_.path() + below);
  }
  std::vector<std::string> as_user(std::vector<std::string> arguments) const {
    auto all = by_;
    all.insert(all.end(), {"setpriv", "--pdeathsig=QUIT"});
    if (user_)
      all.insert(all.end(), {"--reuid=" + std::to_string(*user_),
                             "--regid=" + std::to_string(group_), "--clear-groups"});
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  void run_to_end(std::vector<std::string> arguments) const {
    auto const done =
        run(as_user(std::move(arguments)), folder_.path() + "/initdb.log", {{"LC_ALL", "C"}});
    if (done.code != 0) throw std::runtime_error(done.written);
  }
  /// Its own number and its children's.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> all{server_->id()};
    std::error_code none;
    for (auto const& one : std::filesystem::directory_iterator("/proc", none)) {
      auto const name = one.path().filename().string();
      if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
      std::ifstream in(one.path() / "stat");
      std::string const text{std::istreambuf_iterator<char>(in), {}};
      auto const after = text.rfind(')'); // of the program's name
      if (after == std::string::npos) continue;
      std::istringstream rest(text.substr(after + 1));
      char state = 0;
      pid_t parent = 0;
      if (rest >> state >> parent && parent == server_->id()) all.push_back(std::stoi(name));
    }
    return all;
  }

  scratch_folder folder_;
  std::vector<std::string> by_;
  std::string address_;
  std::string const programs_ = postgres_programs();
  std::optional<uid_t> user_;
  gid_t group_ = 0;
  std::string log_;
  int starts_ = 0;
  std::unique_ptr<process> server_;
};

} // namespace support
