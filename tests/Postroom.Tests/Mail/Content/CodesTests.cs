using Postroom.Mail.Content;
using Xunit;

namespace Postroom.Tests.Mail.Content;

/// <summary>One-time codes, in mail as services write it; and what only looks like one.</summary>
public sealed class CodesTests
{
    [Theory]
    [InlineData("482913", "Verify your email", "Hi Ann,\n\nYour verification code is 482913. It expires in 10 "
        + "minutes.")]
    [InlineData("482913", "482913 is your Example code", "Enter it within 5 minutes.")]
    [InlineData("739201", "Sign in to GitLab", "To verify your identity, enter the following code:\n\n739201\n\nIf "
        + "you did"
        + " not try to sign in within the past 60 minutes, reset your password.")]
    [InlineData("601224", "Keycloak: access code", "Your access code is:\n\n    601224\n\nIt is valid for 300 "
        + "seconds.")]
    [InlineData("81275530", "Jenkins", "One-time password: 81275530")]
    [InlineData("123456", "Code", "Ihr Bestätigungscode lautet 123 456. Er gilt 15 Minuten.")]
    [InlineData("774411", "mTAN", "Die mTAN für Ihre Überweisung über 1.250,00 EUR auf Konto 1234567 ist: 774411")]
    [InlineData("9041", "PIN", "Ihre PIN: 9041")]
    [InlineData("284620", "Code", "Votre code de vérification est 284620.")]
    [InlineData("284620", "Código", "Su código de verificación es: 284620")]
    [InlineData("284620", "Codice", "Il tuo codice è 284620")]
    [InlineData("284620", "Kod", "Twój kod weryfikacyjny to 284620")]
    [InlineData("284620", "Код", "Ваш код подтверждения: 284620")]
    [InlineData("284620", "验证码", "您的验证码是：284620，10分钟内有效。")]
    [InlineData("284620", "認証コード", "認証コードは 284620 です。")]
    [InlineData("284620", "인증번호", "인증번호는 284620 입니다.")]
    [InlineData("G-284620", "Google", "G-284620 is your Google verification code.")]
    [InlineData("K7F-9QX", "Slack", "Here is your confirmation code:\n\nK7F-9QX")]
    [InlineData("H4T7K9", "Login", "Your login code: H4T7K9")]
    [InlineData("2041", "Device", "Your code is 2041")]
    [InlineData("550199", "Order 88231: your code", "Order 88231\n\nYour code for the pick-up: 550199\n\nCall 0800 "
        + "123456.")]
    public void A_code_is_found_first(string code, string subject, string text) =>
        Assert.Equal(code, Codes.Of(subject, text).Select(one => one.Code).First());

    [Theory]
    [InlineData("[JIRA] (PROJ-12345) Code review", "Ann commented on PROJ-12345:\n\nPlease look at the code again.")]
    [InlineData("Build #48213 failed", "Job app » main, build 48213 failed with exit code 1 after 1204 seconds.")]
    [InlineData("Pipeline 99812 failed", "error code: 500123 in line 2041")]
    [InlineData("Your order 4711234", "Order no. 4711234 of 2026-11-29, total 1234.50 EUR. Use voucher code 20261129.")]
    [InlineData("Release 2026", "The source code of release 2026 is out. Copyright 2026 Example.")]
    [InlineData("Confluence", "Ann edited the page Error codes 4000 to 4999. https://wiki.example/x?code=123456")]
    [InlineData("Meeting", "Room 4711, dial +49 30 123456. See you at 10:30.")]
    [InlineData("Rechnung 20261129", "Rechnungsnummer 20261129 über 1234,00 EUR, Kundennummer 556677.")]
    [InlineData("Address", "Postal code 80331, 10115 Berlin")]
    [InlineData("Commit", "Commit 1234567 by Ann: remove dead code in Parser.cs")]
    public void What_is_no_code_is_not_taken_for_one(string subject, string text) =>
        Assert.Empty(Codes.Of(subject, text));

    [Fact]
    public void The_words_around_are_told() =>
        Assert.Equal("To verify, enter the following code: 739201",
            Codes.Of(null, "Hello\n\nTo verify, enter the following code:\n\n  739201\n").Single().Around);

    [Fact]
    public void Links_come_in_order_with_their_text()
    {
        var mail = ContentReaderTests.Read("Content-Type: multipart/alternative; boundary=b\n\n--b\n\n"
            + "See https://a.example/1. And (http://b.example/x_(y)), www.c.example!\n--b\nContent-Type: text/html\n\n"
            + "<a href=\" https://a.example/2 \">two\n  <b>words</b></a><a href=https://a.example/1><img alt=pic></a>"
            + "<a href='javascript:x'>js</a>\n--b--\n");
        Assert.Equal(
        [
            new ShownLink("https://a.example/2", "two words", "html"), new ShownLink("https://a.example/1", "pic",
                "html"),
            new ShownLink("javascript:x", "js", "html"),
            new ShownLink("http://b.example/x_(y)", "http://b.example/x_(y)", "text"),
            new ShownLink("www.c.example", "www.c.example", "text"),
        ], Links.Of(mail));
    }
}
