#include "common/ids/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

#include "absl/strings/escaping.h"

namespace parley {
namespace {

std::string Digest(std::string_view text, const EVP_MD* algorithm) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  // Fails only when the library can't allocate or was built without the algorithm; there is no sane way on.
  if (EVP_Digest(text.data(), text.size(), digest, &size, algorithm, nullptr) != 1) std::abort();
  return std::string(reinterpret_cast<const char*>(digest), size);
}

/// Looks an algorithm up among the library's providers, which takes longer than it does itself.
const EVP_MD* Find(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  if (algorithm == nullptr) std::abort();
  return algorithm;
}

}  // namespace

std::string Md5Hex(std::string_view text) {
  static const EVP_MD* const md5 = Find("MD5");
  return absl::BytesToHexString(Digest(text, md5));
}

std::string Sha256(std::string_view text) {
  static const EVP_MD* const sha256 = Find("SHA256");
  return Digest(text, sha256);
}

bool ConstantTimeEquals(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace parley
