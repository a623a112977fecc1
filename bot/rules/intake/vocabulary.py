"""Words by which a language is known, and words that ask and name nothing."""

from bot.text.normalize import word_set

ENGLISH = word_set(
    """
    which what how why when
    the a an for to of and with in our your we you is are who that this new write draft about
    until please customers people last back from by it they free off need make shirt buyers
    who's something can must say as at all now only off gift gifts ideas thank thanks reminder
    birthday today tomorrow weekend week day days their they have has
    """
)
FRENCH = word_set(
    """
    lequel laquelle lesquels lesquelles quel quelle quels quelles ou comment combien pourquoi
    le la les un une des du de pour et avec en sur nos notre vos votre nous vous est sont qui
    que ce cette écris écrire rédige fais jusqu au aux clientes clients dernier dernière chez
    par il elle livraison offerte sans à d l veux faut produit fiche nouvelle nouveau
    cadeau cadeaux idee idees soldes relance relancer retour panier boutique bientot jours
    semaine demain chers cher ont tu te lance remise remises merci rappel
    """
)
# Said in one language alone; vase, robe, table and their like tell nothing.
GOODS_EN = word_set(
    """
    shirt shirts jumper jumpers sweater dress trousers skirt jacket scarf hat socks coat
    blanket candle candles candlestick towel towels bathrobe bowl bowls cup cups
    glass glasses jug teapot bread board apron napkin napkins tablecloth pillow pillows duvet sheet
    sheets cushion cushions bag lamp light chair toy shoes
    """
)
GOODS_FR = word_set(
    """
    chemise chemises pulls pantalon jupe veste écharpe bonnet chaussettes manteau
    couverture bougie bougies bougeoir serviette serviettes peignoir tapis bol bols assiette
    assiettes tasse tasses verre verres théière planche tablier nappe oreiller housse
    couette drap draps coussin coussins sac cabas canapé lampe chaise jouet chaussures saladier
    """
)
IDLE = word_set(  # words that ask, and name nothing
    """
    write draft send create make prepare do does need want would like could can you please me
    us i we a an the some something anything for about on to of our my is are was be now this
    that these with and it in by as at or up new out short quick nice good great launch
    launching announce announcing tell inform remind promote promoting presenting present sell
    selling through clear clearing back stock available again win copy text message post
    campaign piece help hello hi hey thanks thank bonjour salut coucou merci test ok yes no
    from let's let its it's they them their arrives arriving must say sale sales promo
    everything all customers clients & + écris écrire écrivez rédige rédiger rédigez fais
    faire faites prépare préparer préparez crée créer propose proposer il moi te nous faut
    faudrait je j' veux voudrais aimerais besoin peux tu pourrais pourriez un une le la les l'
    des du de d' pour sur notre nos ma mon mes ce cette ces s' s'il si plaît plait vous stp
    svp avec et en à au aux est sont nouveau nouvelle nouveaux nouvelles nouvel court courte
    petit petite lancement lancer lance annoncer annonce annonçant retour sortie sort dispo
    disponible texte copie quelque chose aide aider qui que dont par dans arrive arrivent
    revient reviennent promotion promouvoir présenter présente vendre écouler relancer relance
    communication communiquer campagne faisons parler parle tout toute soldes pr es invitation
    inviter rewrite rewritten redo réécrire refaire reformuler revenir nouveauté nouveautés
    """
)
