#include "edge/server/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/edge/server/loopback_server.h"
#include "tests/edge/server/tls_client.h"

namespace parley::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What is said of these files.
std::string ErrorOf(const std::string& certificate_file, const std::string& key_file) {
  try {
    const TlsContext tls(certificate_file, key_file);
  } catch (const TlsError& error) {
    return error.what();
  }
  return "";
}

TEST(TlsContextTest, SaysWhichFileCannotBeRead) {
  const TestCertificate files("one");
  EXPECT_EQ(ErrorOf("/nowhere/c.pem", files.key_file()),
            "cannot read /nowhere/c.pem: No such file or directory");
  EXPECT_EQ(ErrorOf(files.certificate_file(), "/nowhere/k.pem"),
            "cannot read /nowhere/k.pem: No such file or directory");
  EXPECT_EQ(ErrorOf("/tmp", files.key_file()), "cannot read /tmp: Is a directory");
}

TEST(TlsContextTest, SaysWhichFileHoldsSomethingElse) {
  const TestCertificate files("one");
  EXPECT_THAT(ErrorOf(files.key_file(), files.key_file()),
              AllOf(HasSubstr(files.key_file()), HasSubstr("holds no usable certificate chain")));
  EXPECT_THAT(ErrorOf(files.certificate_file(), files.certificate_file()),
              AllOf(HasSubstr(files.certificate_file()), HasSubstr("holds no usable private key")));
  std::ofstream(files.certificate_file()).close();
  EXPECT_THAT(ErrorOf(files.certificate_file(), files.key_file()),
              HasSubstr("holds no usable certificate chain"));
}

TEST(TlsContextTest, SaysThatAKeyBelongsToAnotherCertificate) {
  const TestCertificate one("one");
  const TestCertificate two("two");
  EXPECT_EQ(
      ErrorOf(one.certificate_file(), two.key_file()),
      "the key in " + two.key_file() + " does not belong to the certificate in " + one.certificate_file());
}

TEST(TlsContextTest, TellsWhenTheCertificateExpires) {
  const TestCertificate files("one");
  EXPECT_EQ(TlsContext(files.certificate_file(), files.key_file()).expires(), "2099-12-31T23:59:59Z");
}

TEST(TlsContextTest, ShowsWhatItHasReloadedAndKeepsItWhenReloadingFails) {
  TestCertificate files("one");
  LoopbackServer loopback;
  const auto tls = std::make_shared<TlsContext>(files.certificate_file(), files.key_file());
  const std::uint16_t port = loopback.server.Listen("127.0.0.1", 0, tls);
  TlsClient old(port);
  EXPECT_EQ(old.server_name(), "one");

  files.Replace("two");
  EXPECT_EQ(TlsClient(port).server_name(), "one");
  tls->Reload();
  EXPECT_EQ(TlsClient(port).server_name(), "two");

  std::filesystem::remove(files.key_file());
  EXPECT_THROW(tls->Reload(), TlsError);
  EXPECT_EQ(TlsClient(port).server_name(), "two");
  old.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(old.ReadResponse().body(), "GET / ");
}

}  // namespace
}  // namespace parley::server
