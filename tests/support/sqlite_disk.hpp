// A disk for SQLite that fails when it is told to, and that knows what a loss of power would leave.
#pragma once

#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <new>
#include <string>

#include <sqlite3.h>

namespace support {

/// A file system of SQLite's (VFS) over the system's own. Its syncs do not reach the real disk.
/// *Thread*: any; made before the databases that use it, and ended after them.
class sqlite_disk {
 public:
  enum class fails { once, for_ever };

  sqlite_disk() : real_(::sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    static std::atomic<int> made{0};
    name_ = "pando-disk-" + std::to_string(++made);
    vfs_.zName = name_.c_str();
    vfs_.pNext = nullptr;
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(file)) + real_->szOsFile;
    vfs_.xOpen = [](::sqlite3_vfs* vfs, char const* path, ::sqlite3_file* into, int flags,
                    int* got) { return self(vfs).open(path, into, flags, got); };
    vfs_.xDelete = [](::sqlite3_vfs* vfs, char const* path, int syncs) {
      return self(vfs).remove(path, syncs);
    };
    vfs_.xAccess = [](::sqlite3_vfs* vfs, char const* path, int flags, int* got) {
      return self(vfs).real_->xAccess(self(vfs).real_, path, flags, got);
    };
    vfs_.xFullPathname = [](::sqlite3_vfs* vfs, char const* path, int size, char* into) {
      return self(vfs).real_->xFullPathname(self(vfs).real_, path, size, into);
    };
    ::sqlite3_vfs_register(&vfs_, 0);
  }
  sqlite_disk(sqlite_disk const&) = delete;
  ~sqlite_disk() { ::sqlite3_vfs_unregister(&vfs_); }

  std::string const& name() const noexcept { return name_; }

  /// The `nth` call from now that changes the disk fails (from 1): a write or a growing file
  /// with `write_code`, a sync with an error of its own.
  void fail_at(int nth, fails how, int write_code) {
    write_code_ = write_code;
    for_ever_ = how == fails::for_ever;
    calls_ = 0;
    fails_at_ = nth;
  }
  void heal() { fails_at_ = 0; }
  int calls() const { return calls_; }

  /// From now on the content of each file at its last sync is kept.
  void keep_synced() { keeps_ = true; }
  /// Puts into a folder what the disk would hold after a loss of power now.
  void lose_power(std::string const& folder) {
    std::lock_guard const lock(mutex_);
    for (auto const& [path, content] : synced_)
      std::filesystem::copy_file(content,
                                 folder + "/" + std::filesystem::path(path).filename().string());
  }

 private:
  struct file : ::sqlite3_file {
    sqlite_disk* disk;
    std::string* path;
    ::sqlite3_file* real() { return reinterpret_cast<::sqlite3_file*>(this + 1); }
  };
  static sqlite_disk& self(::sqlite3_vfs* vfs) {
    return *static_cast<sqlite_disk*>(vfs->pAppData);
  }
  static file& of(::sqlite3_file* one) { return *static_cast<file*>(one); }
  static ::sqlite3_file* real(::sqlite3_file* one) { return of(one).real(); }

  bool fails_now() {
    int const call = ++calls_;
    int const at = fails_at_;
    return at != 0 && (for_ever_ ? call >= at : call == at);
  }

  int open(char const* path, ::sqlite3_file* into, int flags, int* got) {
    auto& made = *::new (static_cast<void*>(into)) file{};
    int const code = real_->xOpen(real_, path, made.real(), flags, got);
    if (made.real()->pMethods == nullptr) return code;
    made.disk = this;
    made.path = new std::string(path == nullptr ? "" : path);
    made.pMethods = methods();
    return code;
  }
  int remove(char const* path, int) {
    {
      std::lock_guard const lock(mutex_);
      synced_.erase(path);
    }
    return real_->xDelete(real_, path, 0);
  }
  int sync(file& one) {
    if (fails_now()) return SQLITE_IOERR_FSYNC;
    if (!keeps_ || one.path->empty()) return SQLITE_OK;
    std::lock_guard const lock(mutex_);
    auto const content = *one.path + ".synced";
    std::filesystem::copy_file(*one.path, content,
                               std::filesystem::copy_options::overwrite_existing);
    synced_[*one.path] = content;
    return SQLITE_OK;
  }

  static ::sqlite3_io_methods const* methods() {
    static ::sqlite3_io_methods const all = [] {
      ::sqlite3_io_methods made{};
      made.iVersion = 2;
      made.xClose = [](::sqlite3_file* one) {
        delete of(one).path;
        return real(one)->pMethods->xClose(real(one));
      };
      made.xRead = [](::sqlite3_file* one, void* into, int size, ::sqlite3_int64 at) {
        return real(one)->pMethods->xRead(real(one), into, size, at);
      };
      made.xWrite = [](::sqlite3_file* one, void const* from, int size, ::sqlite3_int64 at) {
        auto& disk = *of(one).disk;
        if (disk.fails_now()) return disk.write_code_.load();
        return real(one)->pMethods->xWrite(real(one), from, size, at);
      };
      made.xTruncate = [](::sqlite3_file* one, ::sqlite3_int64 size) {
        if (of(one).disk->fails_now()) return SQLITE_IOERR_TRUNCATE;
        return real(one)->pMethods->xTruncate(real(one), size);
      };
      made.xSync = [](::sqlite3_file* one, int) { return of(one).disk->sync(of(one)); };
      made.xFileSize = [](::sqlite3_file* one, ::sqlite3_int64* size) {
        return real(one)->pMethods->xFileSize(real(one), size);
      };
      made.xLock = [](::sqlite3_file* one, int how) {
        return real(one)->pMethods->xLock(real(one), how);
      };
      made.xUnlock = [](::sqlite3_file* one, int how) {
        return real(one)->pMethods->xUnlock(real(one), how);
      };
      made.xCheckReservedLock = [](::sqlite3_file* one, int* is) {
        return real(one)->pMethods->xCheckReservedLock(real(one), is);
      };
      made.xFileControl = [](::sqlite3_file* one, int what, void* with) {
        return real(one)->pMethods->xFileControl(real(one), what, with);
      };
      made.xSectorSize = [](::sqlite3_file* one) {
        return real(one)->pMethods->xSectorSize(real(one));
      };
      made.xDeviceCharacteristics = [](::sqlite3_file* one) {
        return real(one)->pMethods->xDeviceCharacteristics(real(one));
      };
      made.xShmMap = [](::sqlite3_file* one, int at, int size, int grows, void volatile** into) {
        if (grows != 0 && of(one).disk->fails_now()) return SQLITE_IOERR_SHMSIZE;
        return real(one)->pMethods->xShmMap(real(one), at, size, grows, into);
      };
      made.xShmLock = [](::sqlite3_file* one, int at, int count, int flags) {
        return real(one)->pMethods->xShmLock(real(one), at, count, flags);
      };
      made.xShmBarrier = [](::sqlite3_file* one) { real(one)->pMethods->xShmBarrier(real(one)); };
      made.xShmUnmap = [](::sqlite3_file* one, int removes) {
        return real(one)->pMethods->xShmUnmap(real(one), removes);
      };
      return made;
    }();
    return &all;
  }

  ::sqlite3_vfs* real_;
  ::sqlite3_vfs vfs_;
  std::string name_;
  std::atomic<int> calls_{0};
  std::atomic<int> fails_at_{0};
  std::atomic<int> write_code_{SQLITE_FULL};
  std::atomic<bool> for_ever_{false};
  std::atomic<bool> keeps_{false};
  std::mutex mutex_;
  std::map<std::string, std::string> synced_;
};

} // namespace support
